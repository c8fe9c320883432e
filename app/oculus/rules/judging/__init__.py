"""One round of judging: from samples and rows to what the instances become, and the verdict of it all."""
