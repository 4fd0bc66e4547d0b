/** The addresses of the pages while they are worked on: as the server has them. */

const PAGES = [
  [/^\/map\/?$/, '/index.html'],
  [/^\/track\/[^/]+\/?$/, '/track.html'],
  [/^\/courier\/?$/, '/courier.html'],
  [/^\/shop(\/order\/[^/]+)?\/?$/, '/shop.html'],
];

/** A plugin for Vite's own servers. */
export function pages() {
  const rewrite = ({ middlewares }) => {
    middlewares.use((request, _, next) => {
      const { pathname } = new URL(request.url, 'http://localhost');
      request.url = PAGES.find(([pattern]) => pattern.test(pathname))?.[1] ?? request.url;
      next();
    });
  };
  return { name: 'pages', configureServer: rewrite, configurePreviewServer: rewrite };
}
