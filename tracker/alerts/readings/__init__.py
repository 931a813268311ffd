"""What the measures of rules read in stored prices, now and in the past, and whether a rule holds then."""
