"""From a socket to Bottle and back: limits, time-outs and threads, so that no client holds up another."""
