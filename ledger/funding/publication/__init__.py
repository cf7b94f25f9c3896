"""What everybody may see of a pool's spending, small numbers hidden."""
