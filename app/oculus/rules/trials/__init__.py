"""Rules tried on samples that are not live: backtests, the tests of rules, and previews."""
