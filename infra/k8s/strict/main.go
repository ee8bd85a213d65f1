// Reads objects (a JSON list) and decodes those whose kinds come with an operator into the types their projects publish, strictly:
// an unknown key is an error. An optional tool of `npm run check`, for what `kubernetes-validate` does not know.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	var objects []json.RawMessage
	if err == nil {
		err = json.Unmarshal(input, &objects)
	}
	for _, object := range objects {
		var meta struct{ Kind string }
		if err == nil {
			err = json.Unmarshal(object, &meta)
		}
		types := map[string]any{"HTTPRoute": &gateway.HTTPRoute{}, "ServiceMonitor": &monitoring.ServiceMonitor{}}
		target, known := types[meta.Kind]
		if err == nil && !known {
			err = fmt.Errorf("no type for %s", meta.Kind)
		}
		if err == nil {
			if wrong := yaml.UnmarshalStrict(object, target); wrong != nil {
				err = fmt.Errorf("%s: %w", meta.Kind, wrong)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
