//! Ringside: the agent's window and its headless twin.
