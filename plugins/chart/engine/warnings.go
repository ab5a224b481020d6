package engine

import (
	"context"
	"io"
	"log"
	"log/slog"
	"strings"
)

// listen makes a line of warnings of everything that Helm logs, until the function that it gives is called.
func listen(output *Output) (stop func()) {
	was := slog.Default()
	slog.SetDefault(slog.New(ear{output}))
	log.SetFlags(0)
	log.SetOutput(line{output})
	return func() {
		slog.SetDefault(was)
		log.SetOutput(io.Discard)
	}
}

func warn(message string) { slog.Warn(message) }

// ear hears what Helm logs with attributes.
type ear struct{ output *Output }

func (ear) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (ear ear) Handle(_ context.Context, record slog.Record) error {
	text := strings.Builder{}
	text.WriteString(record.Message)
	record.Attrs(func(attribute slog.Attr) bool {
		text.WriteString(", " + attribute.Key + " " + attribute.Value.String())
		return true
	})
	return line(ear).add(text.String())
}

func (ear ear) WithAttrs([]slog.Attr) slog.Handler { return ear }
func (ear ear) WithGroup(string) slog.Handler      { return ear }

// line hears what Helm logs as text.
type line struct{ output *Output }

func (line line) Write(text []byte) (int, error) {
	return len(text), line.add(string(text))
}

func (line line) add(text string) error {
	text = strings.TrimSpace(text)
	text = strings.TrimPrefix(strings.TrimPrefix(text, "warning: "), "Warning: ")
	line.output.Warnings = append(line.output.Warnings, text)
	return nil
}
