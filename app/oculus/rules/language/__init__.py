"""The language of conditions: from its text to a tree that can be computed and can say itself."""
