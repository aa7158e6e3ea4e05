//! The world simulation, end-to-end and interop tests.
