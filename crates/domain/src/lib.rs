//! doorstep-domain
