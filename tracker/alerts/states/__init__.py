"""Where rules stand: phases, events, mutes, and the status that is published."""
