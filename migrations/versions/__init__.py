"""The steps. A step that has left the house is never edited."""
