/** The account as `GET /api/me` answers it. */
export interface Profile {
  id: string;
  email: string;
  /** May be empty. */
  name: string;
  createdAt: string;
  hasPassword: boolean;
  staff: { role: string; title: string; permissions: string[] } | null;
}
