"""The doctor: looks at all that Oculus needs, and says what to do where it is missing."""
