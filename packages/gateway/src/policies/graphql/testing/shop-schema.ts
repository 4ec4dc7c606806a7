/** A schema with what costs, roles and variables are about; for unit tests, attacks and benchmarks. */
export const shopSchema = `
type Query {
  viewer: Customer!
  order(id: ID!): Order
  orders(first: Int, page: PageInput, status: [Status!]): OrderConnection!
  books(limit: Int = 20): [Book!]!
  search(text: String!): [Found!]!
  node(id: ID!): Node
}
type Mutation {
  placeOrder(input: OrderInput!): Order!
  deleteOrder(id: ID!): Boolean!
}
type Subscription { orderPlaced: Order! }
input PageInput { size: Int! = 30, after: String }
input OrderInput { items: [ItemInput!]!, note: String }
input ItemInput { book: ID!, quantity: Int! = 1 }
enum Status { OPEN SENT }
union Found = Book | Customer
interface Node { id: ID! }
interface Priced { price: Int! }
type Customer implements Node { id: ID!, name: String!, email: String!, orders(first: Int): OrderConnection!, friends: [Customer!]!, keys(first: Int): [String!]! }
type Order implements Node { id: ID!, total: Int!, customer: Customer!, items: [Item!]! }
type OrderConnection { edges: [OrderEdge!]!, nodes: [Order!]!, total: Int! }
type OrderEdge { cursor: String!, node: Order! }
type Item implements Priced { quantity: Int!, price: Int!, book: Book! }
type Book implements Node & Priced { id: ID!, title: String!, price: Int!, margin: Int!, related: [Book!]!, tags: [String!]! }
`;
