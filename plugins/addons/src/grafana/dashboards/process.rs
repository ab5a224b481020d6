//! Panels about a program itself, from the metrics that every Go program with a Prometheus client has.

use crate::grafana::panel::{Panel, Row, Unit};

/// Memory, CPU, goroutines and open files of the targets of one scrape job.
pub(super) fn row(job: &str) -> Row {
    let of = |metric: &str| format!("{metric}{{job=\"{job}\"}}");
    let legend = "{{instance}}";
    Row::new(
        "Resources",
        [
            Panel::graph(
                "Memory",
                Unit::Bytes,
                &[
                    (
                        &of("process_resident_memory_bytes"),
                        "resident {{instance}}",
                    ),
                    (
                        &of("go_memstats_heap_inuse_bytes"),
                        "heap in use {{instance}}",
                    ),
                ],
            ),
            Panel::graph(
                "CPU (cores)",
                Unit::Count,
                &[(
                    &format!("rate({}[5m])", of("process_cpu_seconds_total")),
                    legend,
                )],
            ),
            Panel::graph("Goroutines", Unit::Count, &[(&of("go_goroutines"), legend)]),
            Panel::graph(
                "Open files",
                Unit::Count,
                &[(&of("process_open_fds"), legend)],
            ),
        ],
    )
}
