"""What an event says, and what it comes to beside the decisions."""
