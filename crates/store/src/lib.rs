//! doorstep-store
