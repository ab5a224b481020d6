//! Citadel: certificates that it made, requests that it refused, and how long its own root lasts.

use super::process;
use crate::grafana::panel::{Dashboard, Panel, Row, Unit};

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "citadel-dashboard",
        title: "Citadel",
        variables: Vec::new(),
        rows: vec![
            Row::new(
                "Root certificate",
                [Panel::number(
                    "Expires in",
                    Unit::Seconds,
                    "min(citadel_server_root_cert_expiry_timestamp) - time()",
                )],
            ),
            Row::new(
                "Signing requests",
                [
                    Panel::graph(
                        "Requests and certificates",
                        Unit::PerSecond,
                        &[
                            ("sum(rate(citadel_server_csr_count[5m]))", "requests"),
                            (
                                "sum(rate(citadel_server_success_cert_issuance_count[5m]))",
                                "certificates",
                            ),
                        ],
                    ),
                    Panel::graph(
                        "Refused",
                        Unit::PerSecond,
                        &[
                            (
                                "sum(rate(citadel_server_authentication_failure_count[5m]))",
                                "caller not authenticated",
                            ),
                            (
                                "sum(rate(citadel_server_csr_parsing_err_count[5m]))",
                                "request not readable",
                            ),
                            (
                                "sum(rate(citadel_server_id_extraction_err_count[5m]))",
                                "no identity in it",
                            ),
                            (
                                "sum(rate(citadel_server_csr_sign_err_count[5m])) by (error)",
                                "not signed: {{error}}",
                            ),
                        ],
                    ),
                ],
            ),
            Row::new(
                "Secrets of service accounts",
                [
                    Panel::graph(
                        "Made, and made again",
                        Unit::PerSecond,
                        &[
                            (
                                "sum(rate(citadel_secret_controller_svc_acc_created_cert_count[5m]))",
                                "for a new account",
                            ),
                            (
                                "sum(rate(citadel_secret_controller_secret_deleted_cert_count[5m]))",
                                "after the Secret was deleted",
                            ),
                        ],
                    ),
                    Panel::graph(
                        "Deleted with their account",
                        Unit::PerSecond,
                        &[(
                            "sum(rate(citadel_secret_controller_svc_acc_deleted_cert_count[5m]))",
                            "deleted",
                        )],
                    ),
                    Panel::graph(
                        "Errors",
                        Unit::PerSecond,
                        &[
                            (
                                "sum(rate(citadel_secret_controller_csr_err_count[5m]))",
                                "request",
                            ),
                            (
                                "sum(rate(citadel_secret_controller_csr_sign_err_count[5m]))",
                                "signature",
                            ),
                        ],
                    ),
                ],
            ),
            process::row("citadel"),
        ],
    }
}
