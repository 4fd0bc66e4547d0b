//! doorstep-server
