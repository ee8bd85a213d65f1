{{/*
The environment of a service, setting by setting. Secrets arrive as files (NAME_FILE), so that none is in a pod's description.
Takes {root, service, pipeline}.
*/}}
{{- define "gatehouse.environment" -}}
{{- $root := .root }}
{{- $values := index $root.Values.services .service }}
{{- $known := dict
  "HOST" "0.0.0.0"
  "PORT" "8080"
  "MANAGEMENT_PORT" "9090"
  "GATEHOUSE_ENV" $root.Values.environment
  "LOG_LEVEL" $root.Values.logLevel
  "GATEHOUSE_ISSUER" $root.Values.issuer
  "PUBLIC_URL" ($root.Values.publicUrl | default $root.Values.issuer)
  "WORKERS_PIPELINES" (.pipeline | default "")
}}
{{- range (include "gatehouse.settings" $root | fromJson | dig .service (list)) }}
{{- if eq .from "secret" }}
{{- if or .given (has .name $values.optionalSecrets) }}
- name: {{ .name }}_FILE
  value: /run/secrets/gatehouse/{{ .name }}
{{- end }}
{{- else if eq .from "peer" }}
- name: {{ .name }}
  value: http://{{ include "gatehouse.fullname" $root }}-{{ .peer }}:8080
{{- else if hasKey $known .name }}
- name: {{ .name }}
  value: {{ get $known .name | quote }}
{{- else if hasKey $values.config .name }}
{{- $value := get $values.config .name }}
- name: {{ .name }}
  value: {{ if kindIs "slice" $value }}{{ join "," $value | quote }}{{ else if kindIs "float64" $value }}{{ $value | int64 | quote }}{{ else }}{{ $value | quote }}{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The keys of a service's Secret that its pods see. Takes {root, service}. */}}
{{- define "gatehouse.secretVolume" -}}
{{- $values := index .root.Values.services .service }}
secret:
  secretName: {{ $values.existingSecret }}
  defaultMode: 0440
  items:
    {{- range (include "gatehouse.settings" .root | fromJson | dig .service (list)) }}
    {{- if and (eq .from "secret") (or .given (has .name $values.optionalSecrets)) }}
    - { key: {{ .name }}, path: {{ .name }} }
    {{- end }}
    {{- end }}
{{- end }}
