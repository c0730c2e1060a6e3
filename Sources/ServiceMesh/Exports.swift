// The front door: whoever imports ServiceMesh has the vocabulary and every policy at hand.
@_exported public import MeshAdmission
@_exported public import MeshCircuitBreaking
@_exported public import MeshCore
@_exported public import MeshDiscovery
@_exported public import MeshHTTP
@_exported public import MeshLoadBalancing
@_exported public import MeshRetries
@_exported public import MeshTelemetry
