//! `ringside headless`: JSON-RPC 2.0, one JSON object a line, on stdin and stdout.
