//! The client's side of the link as pure state: what to say in `hello`, what a frame means, what was missed.
