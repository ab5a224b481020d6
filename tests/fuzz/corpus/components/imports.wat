(component
  (import "wasi:cli/environment@0.2.6" (instance (export "f" (func))))
  (import "run" (func)))
