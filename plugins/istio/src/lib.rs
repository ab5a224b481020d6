//! The Istio 1.4 installation API that the Istio pieces share.
