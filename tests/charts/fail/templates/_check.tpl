{{ define "check" }}
{{- fail (printf "%s is not supported" .Release.Name) }}{{ end }}