//! Ringside server: registrar, queue, conference focus, API, store and simulator.
