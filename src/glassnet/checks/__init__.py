"""Mistakes: what was seen of a training (`Seen`), the rules that read it, and what they find (`Finding`)."""
