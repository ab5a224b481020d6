(component
  (component $c0 (core module $m (memory 1) (func (export "f"))) (core instance (instantiate $m)))
  (component $c1 (alias outer 1 $c0 (component $below))
    (instance (instantiate $below)) (instance (instantiate $below)))
  (instance (instantiate $c1)))
