//! doorstep-log
