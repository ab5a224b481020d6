//! What a dashboard is made of, and its JSON as Grafana 6 reads it. Owns the layout; must not know a metric.

use meshhost_piece::{Value, json, serde_json};

/// A dashboard: one file.
pub(crate) struct Dashboard {
    /// Name of the file, without `.json`.
    pub(crate) file: &'static str,
    /// Shown in Grafana's list.
    pub(crate) title: &'static str,
    /// What can be chosen at its top.
    pub(crate) variables: Vec<Variable>,
    /// Its rows, from the top.
    pub(crate) rows: Vec<Row>,
}

/// A choice at the top of a dashboard; queries refer to it by `$name`.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// Prometheus data source function that lists what can be chosen.
    pub(crate) query: &'static str,
    /// Whether several, or all, can be chosen at once.
    pub(crate) many: bool,
}

/// A row of panels with a title.
pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) panels: Vec<Panel>,
}

/// One picture.
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) shape: Shape,
    pub(crate) unit: Unit,
    /// PromQL, and what is written at its line.
    pub(crate) queries: Vec<(String, String)>,
}

/// How a panel looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Lines over time.
    Graph,
    /// The latest number.
    Number,
}

/// What a panel counts, by Grafana's own names.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Count,
    PerSecond,
    RequestsPerSecond,
    Seconds,
    Milliseconds,
    Bytes,
    BytesPerSecond,
    /// From 0 to 1.
    Ratio,
}

impl Unit {
    fn format(self) -> &'static str {
        match self {
            Self::Count => "short",
            Self::PerSecond => "ops",
            Self::RequestsPerSecond => "reqps",
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "Bps",
            Self::Ratio => "percentunit",
        }
    }
}

impl Row {
    pub(crate) fn new(title: impl Into<String>, panels: impl Into<Vec<Panel>>) -> Self {
        Self {
            title: title.into(),
            panels: panels.into(),
        }
    }
}

impl Panel {
    /// Lines over time.
    pub(crate) fn graph(title: impl Into<String>, unit: Unit, queries: &[(&str, &str)]) -> Self {
        Self {
            title: title.into(),
            shape: Shape::Graph,
            unit,
            queries: queries
                .iter()
                .map(|(query, legend)| ((*query).to_owned(), (*legend).to_owned()))
                .collect(),
        }
    }

    /// The latest number.
    pub(crate) fn number(title: impl Into<String>, unit: Unit, query: &str) -> Self {
        Self {
            shape: Shape::Number,
            ..Self::graph(title, unit, &[(query, "")])
        }
    }

    fn json(&self, id: usize, at: Value) -> Value {
        let targets: Vec<Value> = self
            .queries
            .iter()
            .zip('A'..)
            .map(|((query, legend), letter)| {
                json!({ "refId": letter, "expr": query, "legendFormat": legend, "format": "time_series" })
            })
            .collect();
        let format = self.unit.format();
        let mut panel = json!({
            "id": id,
            "title": self.title,
            "gridPos": at,
            // The default data source, whatever its name.
            "datasource": null,
            "targets": targets,
        });
        match self.shape {
            Shape::Graph => {
                panel["type"] = json!("graph");
                panel["lines"] = json!(true);
                panel["linewidth"] = json!(1);
                panel["fill"] = json!(1);
                panel["nullPointMode"] = json!("connected");
                panel["legend"] = json!({ "show": true, "values": true, "current": true });
                panel["tooltip"] = json!({ "shared": true, "sort": 2 });
                panel["xaxis"] = json!({ "mode": "time", "show": true });
                panel["yaxes"] =
                    json!([{ "format": format, "min": 0, "show": true }, { "show": false }]);
            }
            Shape::Number => {
                panel["type"] = json!("singlestat");
                panel["format"] = json!(format);
                panel["valueName"] = json!("current");
                panel["nullText"] = json!("no data");
                panel["sparkline"] = json!({ "show": true, "full": false });
            }
        }
        panel
    }
}

/// Columns of Grafana's grid.
const COLUMNS: usize = 24;
/// Panels next to each other in a row.
const ACROSS: usize = 4;

impl Dashboard {
    /// The file.
    pub(crate) fn json(&self) -> String {
        let variables: Vec<Value> = self.variables.iter().map(Variable::json).collect();
        let dashboard = json!({
            "uid": self.file,
            "title": self.title,
            "tags": ["istio"],
            "schemaVersion": 20,
            "version": 1,
            "editable": true,
            "graphTooltip": 1,
            "refresh": "10s",
            "time": { "from": "now-15m", "to": "now" },
            "timezone": "",
            "templating": { "list": variables },
            "panels": self.panels(),
        });
        serde_json::to_string_pretty(&dashboard).expect("a JSON value is always JSON text")
    }

    fn panels(&self) -> Vec<Value> {
        let mut panels = Vec::new();
        let mut y = 0;
        for row in &self.rows {
            panels.push(json!({
                "id": panels.len() + 1,
                "type": "row",
                "title": row.title,
                "collapsed": false,
                "panels": [],
                "gridPos": { "x": 0, "y": y, "w": COLUMNS, "h": 1 },
            }));
            y += 1;
            for line in row.panels.chunks(ACROSS) {
                let width = COLUMNS / line.len();
                let height = if line.iter().all(|panel| panel.shape == Shape::Number) {
                    4
                } else {
                    8
                };
                for (panel, column) in line.iter().zip(0..) {
                    let at = json!({ "x": column * width, "y": y, "w": width, "h": height });
                    panels.push(panel.json(panels.len() + 1, at));
                }
                y += height;
            }
        }
        panels
    }
}

impl Variable {
    fn json(&self) -> Value {
        let mut variable = json!({
            "name": self.name,
            "label": self.title,
            "type": "query",
            "datasource": null,
            "query": self.query,
            // When the time range changes: what can be chosen comes and goes.
            "refresh": 2,
            "sort": 1,
            "multi": self.many,
            "includeAll": self.many,
        });
        if self.many {
            variable["allValue"] = json!(".*");
            variable["current"] = json!({ "text": "All", "value": ["$__all"] });
        }
        variable
    }
}
