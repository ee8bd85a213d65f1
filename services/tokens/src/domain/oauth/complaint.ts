/** What is wrong with a member of what a client registers, and where it stands (RFC 6901). */
export type Complaint = { path: string; message: string }
