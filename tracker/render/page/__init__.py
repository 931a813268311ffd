"""What a page shows at one moment, and how the parts of it are doing."""
