"""The tables of alerts, snoozes and gaps, for whoever has a cursor."""
