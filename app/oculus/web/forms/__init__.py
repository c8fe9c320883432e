"""Forms for collectors, rules and channels, made from the very definitions that check the settings files."""
