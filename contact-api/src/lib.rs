//! acp/1: the wire types between agent and contact centre.
