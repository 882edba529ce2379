export default { title: "Title", render: () => "<h1>first</h1>" };

export const Plain = {};
