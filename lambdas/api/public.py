"""The routes that need no ID token: sign-in and the static user interface."""

PUBLIC_ROUTES = frozenset(
    {
        ("GET", "/"),
        ("GET", "/assets/{name}"),
        ("POST", "/auth/sign-in"),
        ("POST", "/auth/new-password"),
        ("POST", "/auth/totp"),
        ("POST", "/auth/totp-setup"),
        ("POST", "/auth/recover"),
        ("POST", "/auth/refresh"),
        ("POST", "/auth/sign-out"),
    }
)
