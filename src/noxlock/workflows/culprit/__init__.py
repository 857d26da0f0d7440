"""The culprit search at work: what its questions are answered with."""
