(component
  (component $c (import "x" (component $x)) (instance (instantiate $x)))
  (component $y)
  (instance (instantiate $c (with "x" (component $y)))))
