// Draws the OpenAPI document. Nothing is sent from this page but what its reader asks for.
window.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null,
  syntaxHighlight: { activated: false },
});
