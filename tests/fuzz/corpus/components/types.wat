(component
  (import "meshhost:piece/types@0.1.0" (instance
    (type $r (record (field "a" u32) (field "b" (list string)))) (export "request" (type (eq $r)))))
  (type $v (variant (case "a" string) (case "b")))
  (instance $i)
  (export "meshhost:piece/describe@0.1.0" (instance $i)))
