//! doorstep-sim
