"""What the authorization server can do, for programs that ask it (RFC 8414, 9728, OpenID)."""

from typing import Any

from ledger.edge.oauth import assertions, client_rules, dpop, resources
from ledger.edge.oauth.keys import ALGORITHMS


def authorization_server(issuer: str) -> dict[str, Any]:
    """Return the metadata of the server called *issuer*; OpenID's is the same document."""
    confidential = [one for one in client_rules.AUTH_METHODS if one != "none"]
    algorithms = list(assertions.ALGORITHMS)
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "userinfo_endpoint": f"{issuer}{resources.USERINFO}",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "require_pushed_authorization_requests": False,
        "registration_endpoint": f"{issuer}/oauth/register",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "end_session_endpoint": f"{issuer}/oauth/end-session",
        "scopes_supported": sorted(client_rules.SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(client_rules.GRANT_TYPES),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(client_rules.AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": list(client_rules.AUTH_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "prompt_values_supported": ["none", "login", "consent"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash",
            "name",
        ],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "protected_resources": [issuer, *(issuer + path for path in resources.INTERFACES)],
        "service_documentation": f"{issuer}/api/docs",
        "ui_locales_supported": ["en-GB"],
    }  # fmt: skip


def protected_resource(issuer: str, path: str = "") -> dict[str, Any]:
    """Return the metadata of the whole service, or of its interface at *path*."""
    return {
        "resource": issuer + path,
        "authorization_servers": [issuer],
        "scopes_supported": sorted(client_rules.API_SCOPES),
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "dpop_bound_access_tokens_required": False,
        "resource_name": "Care Ledger",
        "resource_documentation": f"{issuer}/api/docs",
    }
