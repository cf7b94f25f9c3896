"""The commands of ``python -m audit`` that check something, a file each."""
