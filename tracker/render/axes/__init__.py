"""What a chart shows: which points, over what time, on which scale, and the round values along its axes."""
