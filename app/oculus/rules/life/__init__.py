"""How a rule lives: functions from where it stood and what was seen to where it stands and what is news."""
