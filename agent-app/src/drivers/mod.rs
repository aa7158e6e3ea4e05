//! One file per thing of the operating system. Drivers carry out what the session decides; they decide nothing.
