//! What the agent is doing: calls, offers and queues as a pure state machine.
