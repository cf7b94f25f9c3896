"""Payments brought in from files: sent by one person, approved by another, posted whole."""
