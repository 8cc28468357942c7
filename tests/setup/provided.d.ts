import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** One per worker of the workerd project, in order of slots. */
    worlds: import("../../scripts/test-world.ts").TestWorld[];
    /** The same for the node project: the two never share a database. */
    nodeWorlds: import("../../scripts/test-world.ts").TestWorld[];
    /** The database server itself, `mysql://user:password@host:port`, for tests that bring their own gateway. */
    mysqlUrl: string;
  }
}
