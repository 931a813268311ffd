"""What a price is and what is computed from it; runs wherever numpy runs."""
