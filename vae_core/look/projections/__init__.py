"""The work behind look/projection.py: images and codes in, places and how far they can be trusted out."""
